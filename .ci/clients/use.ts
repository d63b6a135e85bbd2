// What is to be done with a client made from the OpenAPI document, done with the one in TypeScript.
//
// node use.js URL KEY    the client stands in ./register; each thing done is a line

import { deepEqual, equal } from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { createFigure, createImport, getFacility, getImport, listFacilities, type Import } from "./register";
import { client } from "./register/client.gen";

const file = async (name: string) => new File([await readFile(name)], name);

/** How many rows an import has read, once it has ended. */
const ended = async (job: Import): Promise<string> => {
  while (job.state === "queued" || job.state === "running") {
    await new Promise((wake) => setTimeout(wake, 100));
    job = (await getImport({ path: { id: job.id }, throwOnError: true })).data;
  }
  equal(job.state, "done", JSON.stringify(job));
  equal(job.report?.rows.rejected, 0, JSON.stringify(job));
  return `${job.rows} rows`;
};

const main = async ([url, key]: string[]): Promise<void> => {
  client.setConfig({ baseUrl: url, auth: key });
  const { data: whole } = await listFacilities({ throwOnError: true });
  const { data: page } = await listFacilities({ query: { fields: ["slug", "name"] }, throwOnError: true });
  deepEqual(page.data, whole.data.map(({ slug, name }) => ({ slug, name })));
  console.log("listed with fields:", page.data[0].name);

  const { data: one } = await getFacility({ path: { key: String(whole.data[0].slug) }, throwOnError: true });
  console.log("read:", one.name);

  const { data: figure } = await createFigure({
    body: {
      incident: "al-sina-prison-attack-2022", measure: "killed", as_written: "more than 460",
      as_of: "2022-01-31", source: "rudaw-2022-01-26",
    },
    throwOnError: true,
  });
  console.log("posted:", figure.reads_as);

  const form = { file: [await file("counts.csv")], mapping: await file("counts.yaml") };
  const { data: job } = await createImport({ body: form, throwOnError: true });
  console.log("imported a form:", await ended(job));
};

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
