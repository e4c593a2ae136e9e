/**
 * A request that the stand-in was not made for: it says so, rather than ignore a part of it. The
 * store takes a TypeError for a defect, not for a region that does not answer.
 */
export class UnsupportedRequestError extends TypeError {
  override readonly name = 'UnsupportedRequestError';

  constructor(what: string) {
    super(`the simulated DynamoDB does not know ${what}`);
  }
}
