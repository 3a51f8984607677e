/** What the node must know of an operation besides its fields. */
export interface Traits {
	/** A person may have to approve it first. */
	mayWait?: boolean;
	/** It takes an idempotency key. */
	hasKey?: boolean;
	/** It returns a PDF if asked for one. */
	returnsPdf?: boolean;
	/** Name of the list in its result, if the list has pages. */
	rows?: string;
}
