/** What must hold: `docs/design.md` says each in full. */
export const guarantees = {
  G1: 'no oversell',
  G2: 'exactly once',
  G3: 'no acknowledged order lost',
  G4: 'convergence',
  G5: 'fresh reads',
  G6: 'one region down',
  G7: 'both down',
  G9: 'no refusal that turns into an order',
  G10: 'whole orders',
  G11: 'words',
  API: 'an answer that the API promises',
} as const;

export type Guarantee = keyof typeof guarantees;

export interface Violation {
  readonly guarantee: Guarantee;
  readonly what: string;
}

export type Report = (violation: Violation) => void;
