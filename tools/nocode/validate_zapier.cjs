// Validate the Zapier app by the vendor's schema: node validate_zapier.cjs FOLDER NODE_MODULES
'use strict';

const Module = require('node:module');
const path = require('node:path');

const [folder, packages] = process.argv.slice(2);
const schema = require(path.join(packages, 'zapier-platform-schema'));
const { version } = require(path.join(packages, 'zapier-platform-schema', 'package.json'));

// The app asks the platform's core for its version alone, and that is the schema's.
const load = Module._load;
Module._load = (name, ...rest) => (name === 'zapier-platform-core' ? { version } : load(name, ...rest));

// As the core does before it validates: a function is named by its number of parameters.
const nameFunctions = (one) => {
  if (typeof one === 'function') return `$func$${one.length}$f$`;
  if (Array.isArray(one)) return one.map(nameFunctions);
  if (one === null || typeof one !== 'object') return one;
  return Object.fromEntries(Object.entries(one).map(([key, value]) => [key, nameFunctions(value)]));
};

const app = require(path.resolve(folder, 'index.js'));
const { errors } = schema.validateAppDefinition(nameFunctions(app));
for (const one of errors) console.log(one.stack ?? String(one));
const count = (kind) => Object.keys(app[kind]).length;
if (errors.length || !count('triggers') || !count('creates') || !count('searches')) process.exit(1);
console.log(`${count('triggers')} triggers, ${count('searches')} searches, ${count('creates')} creates, 0 errors by schema ${version}`);
