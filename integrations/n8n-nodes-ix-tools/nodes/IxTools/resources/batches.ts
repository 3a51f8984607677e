// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const batches: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['batches'],
			},
		},
		options: [
			{
				name: "Delete a Batch's Drafts",
				value: 'discard_batch',
				action: 'Delete drafts of a batch',
				description: 'Delete the drafts of a batch that was not issued; a person approves all of them at once',
			},
			{
				name: 'Issue Many Invoices',
				value: 'run_batch',
				action: 'Issue many invoices',
				description: 'Make and issue many invoices from rows or CSV text: every row is checked before anything is written; a person approves all on one sheet. Call it again with batch to go on.',
			},
			{
				name: "Read a Batch's State",
				value: 'get_batch',
				action: 'Read state of a batch',
				description: 'Read how far a batch is: its state, how many documents are in each, and the rows with a problem',
			},
		],
		default: 'run_batch',
	},
	{
		displayName: 'Batch',
		name: 'batch',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['batches'],
				operation: ['discard_batch'],
			},
		},
		default: '',
		required: true,
		description: 'ID of the batch, from run_batch',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['batches'],
				operation: ['discard_batch'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['batches'],
				operation: ['run_batch'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Ask Again',
				name: 'ask_again',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True asks again about a batch that was rejected, expired or stopped, if the person wants that.',
			},
			{
				displayName: 'Batch',
				name: 'batch',
				type: 'string',
				default: '',
				description: 'ID of a batch that goes on, instead of rows and csv',
			},
			{
				displayName: 'Csv',
				name: 'csv',
				type: 'string',
				default: '',
				description: 'Text of a CSV file with a row of headings, instead of rows',
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'Name of the file, as the approver reads it',
			},
			{
				displayName: 'Rows',
				name: 'rows',
				type: 'json',
				default: '{}',
				description: 'Rows with the columns of `ix-tools batch template`, in Portuguese or English; instead of csv',
			},
		],
	},
	{
		displayName: 'Batch',
		name: 'batch',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['batches'],
				operation: ['get_batch'],
			},
		},
		default: '',
		required: true,
		description: 'ID of the batch, from run_batch',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['batches'],
				operation: ['get_batch'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
];
