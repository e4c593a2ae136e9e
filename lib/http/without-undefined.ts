/** An object whose undefined properties are left out, as `exactOptionalPropertyTypes` wants it. */
export const withoutUndefined = <Properties extends object>(
  properties: Properties,
): { [Key in keyof Properties]: Exclude<Properties[Key], undefined> } =>
  Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== undefined),
  ) as never;
