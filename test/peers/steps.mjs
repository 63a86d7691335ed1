// What the walks of the two SDKs have in common: they take one sandbox from
// stdin, walk through named steps, and print how each ended.
//
// stdin:  {"listening": URL, "accessKeyId": KEY, "accessKeySecret": SECRET, "userPoolId": ID}
// stdout: {"steps": [{"name", "complaint"}]}, the complaint of a good step is empty
import { readFileSync } from 'node:fs';
import { AssertionError } from 'node:assert/strict';

export const sandbox = JSON.parse(readFileSync(0, 'utf8'));

// print keeps what the SDKs and their libraries say out of the answer.
const print = process.stdout.write.bind(process.stdout);
console.log = console.error;

// walk goes on after a step that fails, so that one run tells everything.
export async function walk(steps) {
  const results = [];
  for (const [name, step] of Object.entries(steps)) {
    results.push({ name, complaint: await complaint(step) });
  }
  print(JSON.stringify({ steps: results }));
}

async function complaint(step) {
  try {
    await step();
    return '';
  } catch (err) {
    return err instanceof AssertionError ? err.message : `${err.message ?? JSON.stringify(err)} ${answered(err)}`;
  }
}

// answered is what a server said along with an HTTP status that axios takes for
// an error: everything but data, where secrets would be.
function answered(err) {
  const { statusCode, apiCode, code, message } = err.response?.data ?? {};
  return err.response ? JSON.stringify({ http: err.response.status, statusCode, apiCode, code, message }) : '';
}
