// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const payments: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['payments'],
			},
		},
		options: [
			{
				name: 'Cancel a Payment',
				value: 'cancel_payment',
				action: 'Cancel a payment',
				description: 'Cancel a receipt and its payment; the invoice is open again. A person approves.',
			},
			{
				name: 'Record a Payment',
				value: 'generate_payment',
				action: 'Record a payment',
				description: 'Record a payment of an invoice, which issues a certified receipt; a person approves',
			},
		],
		default: 'generate_payment',
	},
	{
		displayName: 'Receipt ID',
		name: 'receipt_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['cancel_payment'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the receipt, e.g. 1002 or RG 3/2026',
	},
	{
		displayName: 'Message',
		name: 'message',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['cancel_payment'],
			},
		},
		default: '',
		required: true,
		description: 'Reason for cancelling it, in a sentence',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['cancel_payment'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
			{
				displayName: 'State',
				name: 'state',
				type: 'options',
				options: [
					{
						name: 'Canceled',
						value: 'canceled',
					},
				],
				default: 'canceled',
				description: 'Always canceled, the only change there is',
			},
		],
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['generate_payment'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the invoice that is paid, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'Amount',
		name: 'amount',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['generate_payment'],
			},
		},
		default: 0,
		required: true,
		description: 'Amount received, with VAT and without withholding tax, at most what is open',
	},
	{
		displayName: 'Payment Mechanism',
		name: 'payment_mechanism',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['generate_payment'],
			},
		},
		options: [
			{
				name: 'CC',
				value: 'CC',
			},
			{
				name: 'CD',
				value: 'CD',
			},
			{
				name: 'CH',
				value: 'CH',
			},
			{
				name: 'CO',
				value: 'CO',
			},
			{
				name: 'CS',
				value: 'CS',
			},
			{
				name: 'DE',
				value: 'DE',
			},
			{
				name: 'LC',
				value: 'LC',
			},
			{
				name: 'MB',
				value: 'MB',
			},
			{
				name: 'NU',
				value: 'NU',
			},
			{
				name: 'OU',
				value: 'OU',
			},
			{
				name: 'PR',
				value: 'PR',
			},
			{
				name: 'TB',
				value: 'TB',
			},
			{
				name: 'TR',
				value: 'TR',
			},
		],
		default: 'CC',
		required: true,
		description: 'Means of payment: TB transfer, MB Multibanco, NU cash, CC/CD credit/debit card, CH cheque, CO voucher, CS compensation, DE e-money, LC bill, PR goods, TR meal ticket, OU other',
	},
	{
		displayName: 'Payment Date',
		name: 'payment_date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['generate_payment'],
			},
		},
		default: '',
		required: true,
		description: 'Day of the payment, e.g. 2026-11-30, or today',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['payments'],
				operation: ['generate_payment'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			{
				displayName: 'Document Type',
				name: 'document_type',
				type: 'options',
				options: [
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
				default: 'invoices',
				description: 'Kind of the invoice that is paid; default invoices',
			},
			fields.idempotency_key,
			{
				displayName: 'Note',
				name: 'note',
				type: 'string',
				default: '',
				description: 'Text printed on the receipt',
			},
			{
				displayName: 'Serie',
				name: 'serie',
				type: 'string',
				default: '',
				description: "Name of the receipt's series, from list_sequences; default the invoice's series",
			},
		],
	},
];
