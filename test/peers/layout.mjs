// Compares files before and after "idpsync fmt" with a parser that knows neither
// idpsync nor the parsers it uses.
//
// stdin:  [{"name", "before", "after"}], texts
// stdout: [{"name", "complaint"}], empty if they mean the same and have the same comments
import { readFileSync } from 'node:fs';
import { Parser, parseAllDocuments } from 'yaml';

// A variable may stand without quotes where YAML takes braces for its own.
const plain = (text) => text.replaceAll(/\$\{(var\.[^}]*)\}/g, '$($1)');

function values(text) {
  const documents = parseAllDocuments(plain(text), { uniqueKeys: true });
  const errors = documents.flatMap((d) => d.errors ?? []);
  if (errors.length) throw new Error(errors[0].message);
  return JSON.stringify(documents.map((d) => sorted(d.toJS())));
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((k) => [k, sorted(value[k])]));
}

function comments(text) {
  const found = [];
  const walk = (token) => {
    if (!token || typeof token !== 'object') return;
    if (Array.isArray(token)) return token.forEach(walk);
    if (token.type === 'comment') found.push(token.source.trim());
    Object.values(token).forEach(walk);
  };
  for (const token of new Parser().parse(plain(text))) walk(token);
  return JSON.stringify(found.sort());
}

function judge({ name, before, after }) {
  try {
    const want = values(before);
    if (values(after) !== want) return { name, complaint: `it means ${values(after)}, and meant ${want}` };
    if (comments(after) !== comments(before)) return { name, complaint: `comments ${comments(after)}, were ${comments(before)}` };
    return { name, complaint: '' };
  } catch (err) {
    return { name, complaint: err.message };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(judge)));
