// Checks KEDA's objects, which check.py prints, against their schema. The first argument is the folder in which the schemas' package is
// installed.
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const schemas = `${process.argv[2]}/node_modules/@kubernetes-models/keda/keda.sh/v1alpha1/index.js`;
const { ScaledJob } = await import(pathToFileURL(schemas));
for (const object of JSON.parse(await text(process.stdin))) {
  if (object.kind !== "ScaledJob") throw new Error(`${object.kind}: workers must be a ScaledJob, because KEDA ends other busy pods`);
  new ScaledJob(object).validate();
}
