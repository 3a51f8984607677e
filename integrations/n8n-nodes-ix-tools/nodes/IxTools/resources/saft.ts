// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const saft: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['saft'],
			},
		},
		options: [
			{
				name: 'Export the SAF-T File',
				value: 'export_saft',
				action: 'Export the SAF-T file',
				description: "Export a month's SAF-T (PT) file, due at AT by day 5 of the next month. If still pending, call again.",
			},
		],
		default: 'export_saft',
	},
	{
		displayName: 'Month',
		name: 'month',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['saft'],
				operation: ['export_saft'],
			},
		},
		default: 0,
		required: true,
		description: 'Month to export, 1 to 12',
	},
	{
		displayName: 'Year',
		name: 'year',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['saft'],
				operation: ['export_saft'],
			},
		},
		default: 0,
		required: true,
		description: 'Year of the month, e.g. 2026',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['saft'],
				operation: ['export_saft'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.delivery,
		],
	},
];
