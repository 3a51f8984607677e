// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodePropertyOptions } from 'n8n-workflow';

export const events: INodePropertyOptions[] = [
	{
		name: 'Approval Decided',
		value: 'approval.decided',
	},
	{
		name: 'Approval Expired',
		value: 'approval.expired',
	},
	{
		name: 'Approval Requested',
		value: 'approval.requested',
	},
	{
		name: 'Batch Done',
		value: 'batch.done',
	},
	{
		name: 'Call Done',
		value: 'call.done',
	},
	{
		name: 'Call Failed',
		value: 'call.failed',
	},
	{
		name: 'Call Unknown',
		value: 'call.unknown',
	},
	{
		name: 'Document Finalized',
		value: 'document.finalized',
	},
	{
		name: 'Document Stored Differently',
		value: 'document.stored_differently',
	},
	{
		name: 'Parked Call Done',
		value: 'parked_call.done',
	},
	{
		name: 'Parked Call Failed',
		value: 'parked_call.failed',
	},
	{
		name: 'Parked Call Returned',
		value: 'parked_call.returned',
	},
	{
		name: 'Parked Call Unknown',
		value: 'parked_call.unknown',
	},
	{
		name: 'Webhook Disabled',
		value: 'webhook.disabled',
	},
];
