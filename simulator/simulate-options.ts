/** Longer histories find no more, and take longer to check and to read. */
export const stepsInOneWorld = 4_000;
