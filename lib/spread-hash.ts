/** A stable, well-spread 32-bit hash of a text (FNV-1a), to pick a shard or a home with. */
export function spreadHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}
