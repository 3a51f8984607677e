import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds that a delivery's time may be off; an older one may be a copy that somebody kept. */
const TOLERANCE = 300;

/** The parts of a delivery that its signature covers. */
export interface Delivery {
	id: string;
	timestamp: string;
	signature: string;
	body: Buffer;
}

/** Tell whether a delivery was signed with the secret, by Standard Webhooks. `now`: seconds since 1970. */
export function isSigned(secret: string, delivery: Delivery, now: number): boolean {
	const sent = /^\d{1,12}$/.test(delivery.timestamp) ? Number(delivery.timestamp) : NaN;
	if (!delivery.id || !secret || !(Math.abs(now - sent) <= TOLERANCE)) return false;
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	const wanted = createHmac('sha256', key)
		.update(`${delivery.id}.${delivery.timestamp}.`)
		.update(delivery.body)
		.digest();
	// During a rotation there are two, separated by a blank.
	return delivery.signature.split(' ').some((one) => {
		const [version, text] = one.split(',');
		const given = Buffer.from(text ?? '', 'base64');
		return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted);
	});
}
