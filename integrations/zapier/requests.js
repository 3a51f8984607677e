'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

/** Seconds that a delivery's time may be off. */
const TOLERANCE = 300;

const addressOf = (bundle, path) => `${bundle.authData.server.replace(/\/+$/, '')}${path}`;

/** Send the token with each request to the server, and to no other address. */
const addToken = (request, z, bundle) => {
  const server = (bundle.authData.server || '').replace(/\/+$/, '');
  if (server && request.url.startsWith(`${server}/`)) {
    request.headers.Authorization = `Bearer ${bundle.authData.token}`;
    request.headers.Accept = 'application/json';
  }
  return request;
};

/** Turn a problem into an error with the server's own words. */
const checkAnswer = (response, z) => {
  if (response.status < 400) return response;
  const problem = response.json || {};
  const steps = (problem.next || []).map((one) => one.why).filter(Boolean);
  const text = [problem.detail || `The server answered ${response.status}.`, ...steps].join(' ');
  throw new z.errors.Error(text, problem.code || 'error', response.status);
};

/** Build the server's arguments: client__code becomes client: {code}, and what is empty is left out. */
const buildArguments = (fields, input) => {
  const built = {};
  for (const field of fields) {
    const value = readValue(field, input[field.key]);
    if (value === undefined) continue;
    const parts = field.key.split('__');
    const last = parts.pop();
    let place = built;
    for (const part of parts) place = place[part] = place[part] || {};
    place[last] = value;
  }
  return built;
};

const readValue = (field, value) => {
  if (value === undefined || value === null || value === '') return undefined;
  if (field.children) {
    const prefix = `${field.key}__`;
    const inside = field.children.map((one) => ({ ...one, key: one.key.slice(prefix.length) }));
    const rows = (Array.isArray(value) ? value : [value]).map((row) => {
      const named = Object.entries(row).map(([key, one]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, one]);
      return buildArguments(inside, Object.fromEntries(named));
    });
    return rows.length ? rows : undefined;
  }
  if (field.list) return value.length ? value : undefined;
  return field.type === 'text' && typeof value === 'string' && /^\s*[{[]/.test(value) ? JSON.parse(value) : value;
};

/** Tell whether a delivery was signed with the secret, by Standard Webhooks. */
const isSigned = (secret, headers, body, now) => {
  const named = Object.fromEntries(Object.entries(headers).map(([key, one]) => [key.toLowerCase().replace(/^http-/, ''), one]));
  const id = named['webhook-id'];
  const sent = Number(named['webhook-timestamp']);
  if (!secret || !id || !(Math.abs(now - sent) <= TOLERANCE)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${named['webhook-timestamp']}.${body}`).digest();
  return String(named['webhook-signature'] || '').split(' ').some((one) => {
    const [version, text] = one.split(',');
    const given = Buffer.from(text || '', 'base64');
    return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
};

module.exports = { addressOf, addToken, checkAnswer, buildArguments, isSigned };
