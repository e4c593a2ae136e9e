/** The account that the emulators work with. */
export const accountId = '000000000000';
