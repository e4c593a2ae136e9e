/**
 * What can go wrong inside the store. Each says whether it is definite (it certainly changed
 * nothing) or not; the HTTP layer turns them into problem documents in one place.
 */
export class BazarError extends Error {
  override readonly name: string = 'BazarError';
}

/** A table could not be asked, or did not answer. */
export class UnavailableError extends BazarError {
  override readonly name: string = 'UnavailableError';
  /** What was asked, for the log: mostly a region, or `cache`. */
  readonly where: string;
  /** True where the request may have been, or may still be, carried out. */
  readonly isUnknown: boolean;

  constructor(where: string, options: { isUnknown: boolean; cause?: unknown; message?: string }) {
    super(options.message ?? `${where} did not answer`, { cause: options.cause });
    this.where = where;
    this.isUnknown = options.isUnknown;
  }
}

/** The place was not asked, for it left its last calls unanswered (design H5). */
export class NotAskedError extends UnavailableError {}

/**
 * A step of a change, that knows better than its call whether the change may have been made where the
 * step is not answered.
 */
export async function withOutcome<Result>(
  step: Promise<Result>,
  { isUnknown }: { readonly isUnknown: boolean },
): Promise<Result> {
  try {
    return await step;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    throw new UnavailableError(error.where, { isUnknown, cause: error });
  }
}

/**
 * The place answers, but one of its items can't be had: it can't be read, was forgotten, or is always
 * being written by others. For this item that is as if the place did not answer (design R7).
 */
export class ItemUnavailableError extends UnavailableError {
  override readonly name = 'ItemUnavailableError';
  readonly id: string;

  /** @param why what is wrong with the item, such as `can't be read`. */
  constructor(where: string, id: string, why: string, cause?: unknown) {
    super(where, { isUnknown: false, cause, message: `${where}: item ${id} ${why}` });
    this.id = id;
  }
}

/** A conditional write found its condition false. Definite: what was sent last changed nothing. */
export class ConditionFailedError extends BazarError {
  override readonly name = 'ConditionFailedError';
  /** The item as it was found, where there was one. */
  readonly item: Record<string, unknown> | undefined;

  constructor(item: Record<string, unknown> | undefined, cause: unknown) {
    super('the condition of a write did not hold', { cause });
    this.item = item;
  }
}

export interface CancellationReason {
  readonly conditionFailed: boolean;
  /** Another writer was at this item: whether its condition holds is not known. */
  readonly isContended: boolean;
  readonly item: Record<string, unknown> | undefined;
}

/** A transaction found the condition of one of its items false. Definite, as above. */
export class TransactionCancelledError extends BazarError {
  override readonly name = 'TransactionCancelledError';
  /** One for each item of the transaction, in its order. */
  readonly reasons: readonly CancellationReason[];

  constructor(reasons: readonly CancellationReason[], cause: unknown) {
    super('a transaction was cancelled by a condition', { cause });
    this.reasons = reasons;
  }
}

/**
 * DynamoDB refused what was asked: too large, not valid, not permitted. Definite, and a defect of ours
 * or of how it was deployed: to ask again is in vain.
 */
export class RefusedError extends BazarError {
  override readonly name = 'RefusedError';
  /** Where: a replica's region, or `cache`. */
  readonly where: string;

  constructor(where: string, cause: Error) {
    super(`${where} refused what was asked: ${cause.message}`, { cause });
    this.where = where;
  }
}

/** The table was busy with other writers, or throttled: nothing happened, and it may be tried again. */
export class ContentionError extends BazarError {
  override readonly name = 'ContentionError';

  constructor(cause: unknown) {
    super('the item is being written by others', { cause });
  }
}
