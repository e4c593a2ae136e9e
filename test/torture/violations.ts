/** What a run found that the store promises never to do. */
export type Promised = 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G9' | 'G10' | 'API';

export interface Violation {
  readonly promised: Promised;
  /** What was told, against what is held. */
  readonly what: string;
}
