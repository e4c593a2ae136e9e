import * as z from 'zod';

/** What an event source hands on: records of which each named field is one of the texts given for it. */
export type FilterPattern = { readonly [field: string]: FilterPattern | readonly string[] };

/** Only this part of Lambda's filter rules is carried out here. */
export const filterPattern: z.ZodType<FilterPattern> = z.lazy(() =>
  z.record(z.string(), z.union([z.array(z.string()), filterPattern])),
);

/** Whether a record passes any of the patterns; where there are none, each does. */
export const passesFilter = (patterns: readonly FilterPattern[], record: unknown): boolean =>
  patterns.length === 0 || patterns.some((pattern) => matches(pattern, record));

const matches = (pattern: FilterPattern, value: unknown): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const found = (value as Record<string, unknown> | undefined)?.[field];
    return isList(wanted) ? wanted.includes(found as string) : matches(wanted, found);
  });

const isList = (wanted: FilterPattern | readonly string[]): wanted is readonly string[] =>
  Array.isArray(wanted);
