// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const items: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['items'],
			},
		},
		options: [
			{
				name: 'Change an Item',
				value: 'update_item',
				action: 'Change an item',
				description: 'Change an item for the whole account. What you leave out stays; issued documents keep what they have.',
			},
			{
				name: 'Create an Item',
				value: 'create_item',
				action: 'Create an item',
				description: 'Add an item to the catalogue. Document lines of the same name take over and overwrite it.',
			},
			{
				name: 'Delete an Item',
				value: 'delete_item',
				action: 'Delete an item',
				description: 'Delete a catalogue item; a person approves',
			},
			{
				name: 'List Items',
				value: 'list_items',
				action: 'List items',
				description: 'List the catalogue of items: names, prices, taxes',
			},
			{
				name: 'Read an Item',
				value: 'get_item',
				action: 'Read an item',
				description: 'Read one item',
			},
		],
		default: 'list_items',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['update_item'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.description,
			fields.idempotency_key,
			fields.item,
			fields.item_id,
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'New name of the item, only while no document uses it',
			},
			{
				displayName: 'Tax',
				name: 'tax',
				type: 'string',
				default: '',
				description: "Name of the VAT rate, e.g. IVA23, from list_taxes; a new item takes the account's default rate",
			},
			{
				displayName: 'Unit',
				name: 'unit',
				type: 'options',
				options: [
					{
						name: 'Day',
						value: 'day',
					},
					{
						name: 'Hour',
						value: 'hour',
					},
					{
						name: 'Month',
						value: 'month',
					},
					{
						name: 'Other',
						value: 'other',
					},
					{
						name: 'Service',
						value: 'service',
					},
					{
						name: 'Unit',
						value: 'unit',
					},
				],
				default: 'day',
				description: 'Unit in which quantities are measured',
			},
			{
				displayName: 'Unit Price',
				name: 'unit_price',
				type: 'number',
				default: 0,
				description: 'New price of one unit without VAT, with at most 4 decimals',
			},
		],
	},
	{
		displayName: 'Name',
		name: 'name',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['create_item'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the item, unique, and fixed once a document uses it',
	},
	{
		displayName: 'Unit Price',
		name: 'unit_price',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['create_item'],
			},
		},
		default: 0,
		required: true,
		description: 'Price of one unit without VAT, with at most 4 decimals',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['create_item'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.description,
			fields.idempotency_key,
			{
				displayName: 'Tax',
				name: 'tax',
				type: 'string',
				default: '',
				description: "Name of the VAT rate, e.g. IVA23, from list_taxes; a new item takes the account's default rate",
			},
			{
				displayName: 'Unit',
				name: 'unit',
				type: 'options',
				options: [
					{
						name: 'Day',
						value: 'day',
					},
					{
						name: 'Hour',
						value: 'hour',
					},
					{
						name: 'Month',
						value: 'month',
					},
					{
						name: 'Other',
						value: 'other',
					},
					{
						name: 'Service',
						value: 'service',
					},
					{
						name: 'Unit',
						value: 'unit',
					},
				],
				default: 'day',
				description: 'Unit in which quantities are measured',
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
				resource: ['items'],
				operation: ['delete_item'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
			fields.item,
			fields.item_id,
		],
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['list_items'],
			},
		},
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: {
			minValue: 1,
		},
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['list_items'],
				returnAll: [
					false,
				],
			},
		},
		default: 50,
		description: 'Max number of results to return',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['list_items'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.fields,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['items'],
				operation: ['get_item'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.item,
			fields.item_id,
		],
	},
];
