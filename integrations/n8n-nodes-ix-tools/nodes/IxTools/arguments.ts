import type { IDataObject, IExecuteFunctions, INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import { fields } from './resources';

/** Parameters of the node itself, which are not sent. */
const OWN = ['operation', 'returnAll', 'limit', 'asFile', 'binaryPropertyName'];

/** Read what the person filled in for an operation, as the server takes it. Empty values are left out. */
export function readArguments(context: IExecuteFunctions, operation: string, itemIndex: number): IDataObject {
	const found: IDataObject = {};
	for (const field of fields) {
		const shown = field.displayOptions?.show?.operation ?? [];
		if (!shown.includes(operation) || OWN.includes(field.name)) continue;
		const value = clean(field, context.getNodeParameter(field.name, itemIndex, undefined));
		if (field.name === 'additionalFields') Object.assign(found, value);
		else if (value !== undefined) found[field.name] = value as IDataObject;
	}
	return found;
}

/** Turn a value of n8n's form into the server's; undefined if nothing was filled in. */
function clean(field: INodeProperties, value: unknown): unknown {
	if (value === undefined || value === null || value === '') return undefined;
	if (Array.isArray(value)) return value.length === 0 ? undefined : value;
	if (field.type === 'json') return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
	if (field.type === 'collection') return cleanAll((field.options ?? []) as INodeProperties[], value as IDataObject);
	if (field.type === 'fixedCollection') return cleanRows(field, value as IDataObject);
	return value;
}

function cleanRows(field: INodeProperties, value: IDataObject): unknown {
	const { values } = value;
	// An expression may give the rows as they are, without n8n's wrapping.
	if (values === undefined) return Object.keys(value).length === 0 ? undefined : value;
	const parts = (field.options as INodePropertyCollection[])[0].values;
	const rows = (Array.isArray(values) ? values : [values]).map((row) => cleanAll(parts, row as IDataObject) ?? {});
	return field.typeOptions?.multipleValues ? rows : rows[0];
}

function cleanAll(parts: INodeProperties[], values: IDataObject): IDataObject | undefined {
	const found: IDataObject = {};
	for (const [name, value] of Object.entries(values)) {
		const part = parts.find((one) => one.name === name);
		const cleaned = part ? clean(part, value) : value;
		if (name === 'more') Object.assign(found, cleaned);
		else if (cleaned !== undefined) found[name] = cleaned as IDataObject;
	}
	return Object.keys(found).length === 0 ? undefined : found;
}
