// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const workflows: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['workflows'],
			},
		},
		options: [
			{
				name: "Check a Month's End",
				value: 'month_end_check',
				action: 'Check end of a month',
				description: 'Check whether a month can be closed: drafts left, dates that must move, gaps in series, unregistered series, unpaid invoices, missing receipts, SAF-T',
			},
			{
				name: 'Correct a Document',
				value: 'correct_document',
				action: 'Correct a document',
				description: 'Say how an issued document is corrected by law (cancel, credit or debit note) and draft the credit note within what remains',
			},
			{
				name: 'Sales by Client',
				value: 'sales_by_client',
				action: 'Sales by client',
				description: 'Add up what was invoiced in a period by client, less credit notes, the largest first. Drafts and cancelled documents do not count.',
			},
			{
				name: 'Statement of Account',
				value: 'account_statement',
				action: 'Statement of account',
				description: "A client's statement of account: every invoice, note and receipt with the running balance, checked against get_client_balance",
			},
			{
				name: 'VAT of a Period',
				value: 'vat_summary',
				action: 'Show VAT of a period',
				description: 'Add up the VAT charged in a period by region and rate, less credit notes. Drafts and cancelled documents do not count; VAT on purchases is not in InvoiceXpress.',
			},
		],
		default: 'correct_document',
	},
	{
		displayName: 'Month',
		name: 'month',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['month_end_check'],
			},
		},
		default: 0,
		required: true,
		description: 'Month to check, 1 to 12',
	},
	{
		displayName: 'Year',
		name: 'year',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['month_end_check'],
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
				resource: ['workflows'],
				operation: ['month_end_check'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['correct_document'],
			},
		},
		options: [
			{
				name: 'Credit Notes',
				value: 'credit_notes',
			},
			{
				name: 'Debit Notes',
				value: 'debit_notes',
			},
			{
				name: 'Invoice Receipts',
				value: 'invoice_receipts',
			},
			{
				name: 'Invoices',
				value: 'invoices',
			},
			{
				name: 'Simplified Invoices',
				value: 'simplified_invoices',
			},
			{
				name: 'VAT Moss Invoices',
				value: 'vat_moss_invoices',
			},
		],
		default: 'credit_notes',
		required: true,
		description: 'Kind of the document, as lists and results show it',
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['correct_document'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the document, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'Wrong',
		name: 'wrong',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['correct_document'],
			},
		},
		options: [
			{
				name: 'Client Details',
				value: 'client_details',
			},
			{
				name: 'Everything',
				value: 'everything',
			},
			{
				name: 'Too Little',
				value: 'too_little',
			},
			{
				name: 'Too Much',
				value: 'too_much',
			},
			{
				name: 'VAT',
				value: 'vat',
			},
		],
		default: 'client_details',
		required: true,
		description: 'Fault to correct: too_much or too_little charged, a wrong vat rate, client_details such as NIF or name, or everything if it should not exist',
	},
	{
		displayName: 'Reason',
		name: 'reason',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['correct_document'],
			},
		},
		default: '',
		required: true,
		description: 'Reason for the correction, in a sentence of at least 15 characters; the note prints it',
	},
	{
		displayName: 'Lines',
		name: 'lines',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['correct_document'],
			},
		},
		typeOptions: {
			multipleValues: true,
		},
		placeholder: 'Add Lines',
		default: {},
		options: [
			{
				displayName: 'Lines',
				name: 'values',
				values: [
					{
						displayName: 'Line',
						name: 'line',
						type: 'number',
						default: 0,
						required: true,
						description: 'Number of the line on the document, from 1',
					},
					{
						displayName: 'More',
						name: 'more',
						type: 'collection',
						placeholder: 'Add Field',
						default: {},
						options: [
							{
								displayName: 'Amount',
								name: 'amount',
								type: 'number',
								default: 0,
								description: 'Amount to take off without VAT, in place of a quantity: 10 if 110 were charged in place of 100',
							},
							{
								displayName: 'Quantity',
								name: 'quantity',
								type: 'number',
								default: 0,
								description: 'Quantity to take off, not the right one: 1 if 3 were charged in place of 2; default all of the line',
							},
						],
					},
				],
			},
		],
		description: 'Lines to take off, each with what is too much of it; default all that is left',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['correct_document'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			{
				displayName: 'Client Has It',
				name: 'client_has_it',
				type: 'boolean',
				default: true,
				description: 'Whether it applies. False if the document never reached the client; default true.',
			},
			{
				displayName: 'Date',
				name: 'date',
				type: 'string',
				default: '',
				description: 'Date of the credit note, e.g. 2026-11-30; default today',
			},
			{
				displayName: 'Draft',
				name: 'draft',
				type: 'boolean',
				default: true,
				description: 'Whether it applies. True drafts the credit note, false only says what to do; default true.',
			},
			fields.idempotency_key,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['sales_by_client'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Date From',
				name: 'date_from',
				type: 'string',
				default: '',
				description: 'First document date, e.g. 2026-10-01; default the first day of this month',
			},
			{
				displayName: 'Date To',
				name: 'date_to',
				type: 'string',
				default: '',
				description: 'Last document date, e.g. 2026-12-31; default today',
			},
			{
				displayName: 'Most Rows',
				name: 'most_rows',
				type: 'number',
				default: 50,
				description: 'Largest number of clients to show; default 50',
			},
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['account_statement'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.client,
			fields.client_id,
			{
				displayName: 'Date From',
				name: 'date_from',
				type: 'string',
				default: '',
				description: 'First day to show, e.g. 2026-01-01; default the first entry',
			},
			{
				displayName: 'Date To',
				name: 'date_to',
				type: 'string',
				default: '',
				description: 'Last day to show, e.g. 2026-12-31; default the last entry',
			},
			{
				displayName: 'Most Rows',
				name: 'most_rows',
				type: 'number',
				default: 100,
				description: 'Largest number of rows to show, the newest; default 100',
			},
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['workflows'],
				operation: ['vat_summary'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Date From',
				name: 'date_from',
				type: 'string',
				default: '',
				description: 'First document date, e.g. 2026-10-01; default the first day of this month',
			},
			{
				displayName: 'Date To',
				name: 'date_to',
				type: 'string',
				default: '',
				description: 'Last document date, e.g. 2026-12-31; default today',
			},
		],
	},
];
