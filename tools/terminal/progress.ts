import { MultiBar } from 'cli-progress';

export interface ProgressOptions {
  readonly total: number;
  /** How much of the total is done by now. */
  readonly done: () => number;
  /** What is shown beside the bar on a terminal, and as plain lines elsewhere. */
  readonly describe: () => string;
}

export interface Progress {
  /** Prints a line on stderr without tearing the bar. */
  note(line: string): void;
  /** Prints a line on stdout without tearing the bar. */
  print(line: string): void;
  stop(): void;
}

const redrawIntervalMs = 100;
const plainLineIntervalMs = 3000;

/** Shows progress until stopped: a bar where stdout is a terminal, a line every few seconds elsewhere. */
export function startProgress(options: ProgressOptions): Progress {
  return process.stdout.isTTY ? startBar(options) : startPlainLines(options);
}

function startBar({ total, done, describe }: ProgressOptions): Progress {
  const bars = new MultiBar({
    stream: process.stdout,
    format: '{bar} {percentage}% {text}',
    barsize: 24,
    hideCursor: true,
    gracefulExit: false,
  });
  const bar = bars.create(total, 0, { text: describe() });
  const redraw = () => bar.update(Math.min(total, done()), { text: describe() });
  const timer = setInterval(redraw, redrawIntervalMs);
  return {
    note(line) {
      if (process.stderr.isTTY) bars.log(`${line}\n`);
      else console.error(line);
    },
    print: (line) => bars.log(`${line}\n`),
    stop() {
      clearInterval(timer);
      redraw();
      bars.update();
      bars.stop();
    },
  };
}

function startPlainLines({ describe }: ProgressOptions): Progress {
  const timer = setInterval(() => console.log(describe()), plainLineIntervalMs);
  return {
    note: (line) => console.error(line),
    print: (line) => console.log(line),
    stop: () => clearInterval(timer),
  };
}
