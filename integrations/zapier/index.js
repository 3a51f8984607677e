'use strict';

const core = require('zapier-platform-core');
const { version } = require('./package.json');
const events = require('./events');
const operations = require('./operations');
const { addressOf, addToken, checkAnswer, buildArguments, isSigned } = require('./requests');

const ENDED = ['done', 'failed', 'ended'];
const WAIT = {
  key: 'wait_for_approval',
  label: 'Wait for the Approval',
  type: 'boolean',
  default: 'true',
  helpText: 'If a person must approve, the Zap goes on when they have and the call was carried out.',
};

const authentication = {
  type: 'custom',
  fields: [
    { key: 'server', label: 'Server', required: true, helpText: 'Address of your ix-tools server, such as https://invoices.example.com' },
    { key: 'token', label: 'Token', type: 'password', required: true, helpText: 'What `ix-tools tokens create` printed, with the scopes read, draft, issue and webhooks' },
  ],
  test: { method: 'GET', url: '{{bundle.authData.server}}/events?limit=1' },
  connectionLabel: '{{bundle.authData.server}}',
};

const call = async (z, bundle, operation) => {
  const body = buildArguments(operation.fields, bundle.inputData);
  return z.request({ method: 'POST', url: addressOf(bundle, `/tools/${operation.key}`), body });
};

const search = (operation) => async (z, bundle) => {
  const { data } = await call(z, bundle, operation);
  return operation.rows ? data[operation.rows] || [] : [data];
};

const create = (operation) => async (z, bundle) => {
  const { status, data } = await call(z, bundle, operation);
  const waits = status === 202 && data.when_approved === 'run' && String(bundle.inputData.wait_for_approval) !== 'false';
  if (waits) {
    // Registered for this approval alone; the server tells its end at the address, and removes it.
    const url = z.generateCallbackUrl();
    await z.request({ method: 'POST', url: addressOf(bundle, '/webhooks'), body: { url, approval: data.approval.id } });
  }
  return data;
};

/** Ask the server what became of the call: nothing that arrived at the callback is believed. */
const resume = async (z, bundle) => {
  let identifier = bundle.outputData.approval.id;
  for (;;) {
    const { data } = await z.request({ url: addressOf(bundle, `/approvals/${encodeURIComponent(identifier)}`) });
    const done = data.call || {};
    if (done.state === 'returned' && done.asked_again) identifier = done.asked_again;
    else if (done.state === 'done') return { ...done.result, approval_id: identifier };
    else if (ENDED.includes(done.state)) throw new z.errors.HaltedError(`Not carried out: ${data.reason || data.status}`);
    else throw new z.errors.Error('Nobody has decided yet.', 'pending', 409);
  }
};

const buildAction = (operation) => ({
  key: operation.key,
  noun: operation.noun,
  display: { label: operation.label, description: operation.description },
  operation: {
    inputFields: operation.mayWait ? [...operation.fields, WAIT] : operation.fields,
    perform: operation.reads ? search(operation) : create(operation),
    ...(operation.mayWait ? { performResume: resume } : {}),
    sample: { ok: true },
  },
});

const buildTrigger = (event) => ({
  key: event.key,
  noun: event.label,
  display: { label: event.label, description: `Triggers at the event ${event.type}.` },
  operation: {
    type: 'hook',
    performSubscribe: async (z, bundle) => {
      const body = { url: bundle.targetUrl, events: [event.type] };
      return (await z.request({ method: 'POST', url: addressOf(bundle, '/webhooks'), body })).data;
    },
    performUnsubscribe: async (z, bundle) =>
      (await z.request({ method: 'DELETE', url: addressOf(bundle, `/webhooks/${bundle.subscribeData.id}`) })).data,
    perform: (z, bundle) => {
      const { headers, content } = bundle.rawRequest;
      if (!isSigned(bundle.subscribeData.secret, headers, content, Date.now() / 1000)) {
        throw new z.errors.HaltedError('The signature is missing or wrong.');
      }
      const named = Object.entries(headers).find(([key]) => key.toLowerCase().replace(/^http-/, '') === 'webhook-id');
      return [{ id: named[1], ...bundle.cleanedRequest }];
    },
    performList: async (z, bundle) => {
      const { data } = await z.request({ url: addressOf(bundle, `/webhooks/samples/${event.type}`) });
      return data.samples.map((one) => ({ id: 'evt_sample', ...one }));
    },
    sample: event.sample,
  },
});

const byKey = (found) => Object.fromEntries(found.map((one) => [one.key, one]));

module.exports = {
  version,
  platformVersion: core.version,
  authentication,
  beforeRequest: [addToken],
  afterResponse: [checkAnswer],
  triggers: byKey(events.map(buildTrigger)),
  searches: byKey(operations.filter((one) => one.reads).map(buildAction)),
  creates: byKey(operations.filter((one) => !one.reads).map(buildAction)),
};
