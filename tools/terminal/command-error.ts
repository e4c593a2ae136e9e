/** Something the user can act on: told in one line, without a stack; the process then ends with 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}
