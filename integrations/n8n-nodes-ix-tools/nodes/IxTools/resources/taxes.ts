// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const taxes: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['taxes'],
			},
		},
		options: [
			{
				name: 'Change a VAT Rate',
				value: 'update_tax',
				action: 'Change a VAT rate',
				description: 'Change a VAT rate for every later document, or make it the default. What you leave out stays.',
			},
			{
				name: 'Create a VAT Rate',
				value: 'create_tax',
				action: 'Create a VAT rate',
				description: 'Add a VAT rate to the account',
			},
			{
				name: 'Delete a VAT Rate',
				value: 'delete_tax',
				action: 'Delete a VAT rate',
				description: 'Delete a VAT rate; a person approves',
			},
			{
				name: 'Read a VAT Rate',
				value: 'get_tax',
				action: 'Read a VAT rate',
				description: 'Read one VAT rate',
			},
		],
		default: 'get_tax',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['taxes'],
				operation: ['update_tax'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			{
				displayName: 'Code',
				name: 'code',
				type: 'options',
				options: [
					{
						name: 'INT',
						value: 'INT',
					},
					{
						name: 'ISE',
						value: 'ISE',
					},
					{
						name: 'NOR',
						value: 'NOR',
					},
					{
						name: 'OUT',
						value: 'OUT',
					},
					{
						name: 'RED',
						value: 'RED',
					},
				],
				default: 'INT',
				description: 'Kind of rate: NOR normal, INT intermediate, RED reduced, OUT other, ISE exempt',
			},
			{
				displayName: 'Default Tax',
				name: 'default_tax',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True makes it the rate of all lines that name none.',
			},
			fields.idempotency_key,
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'New name of the rate, unique in the account',
			},
			{
				displayName: 'Region',
				name: 'region',
				type: 'string',
				default: '',
				description: 'Region of the rate: PT, PT-AC (Azores), PT-MA (Madeira) or an ISO country',
			},
			{
				displayName: 'Tax',
				name: 'tax',
				type: 'string',
				default: '',
				description: 'Exact name of the VAT rate; or give tax_id',
			},
			fields.tax_id,
			{
				displayName: 'Value',
				name: 'value',
				type: 'number',
				default: 0,
				description: 'New rate in percent, 0 to 100',
			},
		],
	},
	{
		displayName: 'Name',
		name: 'name',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['taxes'],
				operation: ['create_tax'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the rate, unique, as lines will give it, e.g. IVA22',
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['taxes'],
				operation: ['create_tax'],
			},
		},
		default: 0,
		required: true,
		description: 'Rate in percent, 0 to 100',
	},
	{
		displayName: 'Code',
		name: 'code',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['taxes'],
				operation: ['create_tax'],
			},
		},
		options: [
			{
				name: 'INT',
				value: 'INT',
			},
			{
				name: 'ISE',
				value: 'ISE',
			},
			{
				name: 'NOR',
				value: 'NOR',
			},
			{
				name: 'OUT',
				value: 'OUT',
			},
			{
				name: 'RED',
				value: 'RED',
			},
		],
		default: 'INT',
		required: true,
		description: 'Kind of rate: NOR normal, INT intermediate, RED reduced, OUT other, ISE exempt',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['taxes'],
				operation: ['create_tax'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			{
				displayName: 'Default Tax',
				name: 'default_tax',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True makes it the rate of all lines that name none; default false.',
			},
			fields.idempotency_key,
			{
				displayName: 'Region',
				name: 'region',
				type: 'string',
				default: 'PT',
				description: 'Region of the rate: PT, PT-AC (Azores), PT-MA (Madeira) or an ISO country; default PT',
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
				resource: ['taxes'],
				operation: ['delete_tax'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
			{
				displayName: 'Tax',
				name: 'tax',
				type: 'string',
				default: '',
				description: 'Exact name of the VAT rate; or give tax_id',
			},
			fields.tax_id,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['taxes'],
				operation: ['get_tax'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Tax',
				name: 'tax',
				type: 'string',
				default: '',
				description: 'Exact name of the VAT rate; or give tax_id',
			},
			fields.tax_id,
		],
	},
];
