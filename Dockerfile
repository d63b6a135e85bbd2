# The base image is pinned by its tag: a digest is added when the image is published, by whoever can ask its registry
# (`docker buildx imagetools inspect python:3.11-slim`), in both FROM lines.
FROM python:3.11-slim AS build
WORKDIR /src
# The locked packages change seldom and come first, so that a change of code rebuilds only the last layer. The
# environment holds no pip: the build stage's own installs into it.
COPY requirements.txt requirements-build.txt ./
RUN python -m venv --without-pip /opt/detention \
 && python -m pip --python /opt/detention/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY docs docs
COPY app app
RUN /opt/build/bin/python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
 && python -m pip --python /opt/detention/bin/python install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim
LABEL org.opencontainers.image.title="Detention facility data API" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/detention/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DETENTION_DATABASE_URL=sqlite:////data/detention.db \
    DETENTION_HOST=0.0.0.0 \
    DETENTION_PORT=8000
RUN groupadd --system --gid 10001 detention \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data detention \
 && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/detention /opt/detention
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["detention", "health"]
CMD ["detention", "serve", "--migrate"]
