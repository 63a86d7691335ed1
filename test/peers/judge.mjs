// Judges schemas and documents with Ajv.
//
// stdin:  {"schemas": [FILE], "documents": [{"file": FILE, "schema": ID, "pieces": BOOL}]}
// stdout: {"schemas": [{"file", "complaint"}],
//          "documents": [{"file", "index", "schema", "complaints": [{"pointer", "keyword", "message"}]}]}
//
// A schema's complaint is empty if it compiles. With "pieces", the spec and the
// metadata of a document are judged by the schemas of their own kind as well.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parseAllDocuments } from 'yaml';

const base = 'https://idpsync.dev/schemas/';
const specs = {
  Application: 'application.schema.json',
  IdentityProvider: 'identity-provider.schema.json',
  Connection: 'connection.schema.json',
  Patch: 'patch.schema.json',
};

const request = JSON.parse(readFileSync(0, 'utf8'));
// strictTypes wants "type" beside every other keyword, which if/then/else between
// a text and a reference cannot have. strictRequired wants each required key
// among the properties of the very same subschema, which no "if" needs.
const ajv = addFormats(new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }));
const schemas = request.schemas.map(load).map(compile);
const documents = request.documents.flatMap(judge);
process.stdout.write(JSON.stringify({ schemas, documents }));

function load(file) {
  try {
    const schema = JSON.parse(readFileSync(file, 'utf8'));
    ajv.addSchema(schema);
    return { file, id: schema.$id };
  } catch (err) {
    return { file, complaint: err.message };
  }
}

function compile({ file, id, complaint }) {
  if (complaint) return { file, complaint };
  if (!id) return { file, complaint: 'has no $id' };
  try {
    ajv.getSchema(id);
    return { file, complaint: '' };
  } catch (err) {
    return { file, complaint: err.message };
  }
}

function judge({ file, schema, pieces }) {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((doc, index) => {
    const at = { file, index };
    if (doc.errors.length > 0) return [{ ...at, schema: 'yaml', complaints: doc.errors.map(unread) }];
    let value;
    try {
      value = doc.toJS();
    } catch (err) { // an alias that means itself, or too many
      return [{ ...at, schema: 'yaml', complaints: [unread(err)] }];
    }
    const parts = pieces ? partsOf(value) : [];
    return [{ schema, value, under: '' }, ...parts].map((p) => ({ ...at, schema: p.schema, complaints: complaints(p) }));
  });
}

function partsOf(doc) {
  const parts = [];
  const add = (schema, value, under) => value !== undefined && parts.push({ schema: base + schema, value, under });
  if (doc.kind !== 'Project') add('metadata.schema.json', doc.metadata, '/metadata');
  if (specs[doc.kind]) add(specs[doc.kind], doc.spec, '/spec');
  const ofType = `connection/${String(doc.spec?.type).replaceAll(':', '_')}.schema.json`;
  if (doc.kind === 'Connection' && request.schemas.some((f) => f.endsWith(ofType))) add(ofType, doc.spec, '/spec');
  return parts;
}

function complaints({ schema, value, under }) {
  const validate = ajv.getSchema(schema);
  if (!validate) return [{ pointer: under, keyword: '$schema', message: 'no such schema' }];
  if (validate(value)) return [];
  // "if" only says that its then or else complained, which is in the list itself.
  return validate.errors.filter((e) => e.keyword !== 'if').map((e) => ({ pointer: under + place(e), keyword: e.keyword, message: e.message }));
}

// place points at an unknown key itself, where Ajv points at the object it is in.
function place({ instancePath, params }) {
  const key = params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName;
  return key === undefined ? instancePath : `${instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function unread(err) {
  return { pointer: '', keyword: 'yaml', message: err.message };
}
