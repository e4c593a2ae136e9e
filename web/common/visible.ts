/** Work that is repeated as long as somebody looks. */

/**
 * Does something again and again, but never twice at once and never in a hidden tab; at once when the
 * tab is shown again or the network is back.
 *
 * @param work resolves with the pause after it, in milliseconds; its signal says that nobody waits.
 * @param firstPauseMs before it is done at all.
 * @returns what ends it
 */
export function whileVisible(
  work: (signal: AbortSignal) => Promise<number>,
  firstPauseMs = 0,
): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAtWork = false;

  const run = async () => {
    if (isAtWork || document.hidden || ended.signal.aborted) return;
    isAtWork = true;
    clearTimeout(timer);
    try {
      plan(await work(ended.signal));
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    } finally {
      isAtWork = false;
    }
  };
  const plan = (pauseMs: number) => {
    clearTimeout(timer);
    if (!ended.signal.aborted) timer = setTimeout(() => void run(), pauseMs);
  };
  const atOnce = () => void run();

  plan(firstPauseMs);
  document.addEventListener('visibilitychange', atOnce);
  addEventListener('online', atOnce);
  return () => {
    ended.abort(new DOMException('ended', 'AbortError'));
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', atOnce);
    removeEventListener('online', atOnce);
  };
}
