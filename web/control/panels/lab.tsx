/** "Try to make it oversell": the run, its figures, and the equation that must hold. */
import { useState } from 'preact/hooks';
import { formatNumber } from '../../common/format.js';
import { labFailure, tellLab } from '../parts/switches.js';
import { Term } from '../parts/term.js';
import { control, type TermName } from '../texts.js';
import type { LabRun } from '../types.js';
import { isMoving, lab, needsHealing } from '../watch.js';

const { lab: texts } = control;

export function LabPanel() {
  const state = lab.value;
  const [isStarting, setStarting] = useState(false);
  if (state === undefined) return null;
  const { run } = state;
  const isRunning = run !== undefined && isMoving(run);

  async function start(): Promise<void> {
    setStarting(true);
    await tellLab('POST', '/run', {});
    setStarting(false);
  }

  return (
    <section class="panel lab" aria-labelledby="lab-title">
      <header class="panel-head">
        <h2 id="lab-title">{texts.title}</h2>
      </header>
      <p class="quiet">{texts.lead}</p>
      <div class="lab-buttons">
        {isRunning ? (
          <button type="button" class="button" onClick={() => void tellLab('DELETE', '/run')}>
            {texts.stop}
          </button>
        ) : (
          <button
            type="button"
            class="button button--main"
            disabled={isStarting}
            onClick={() => void start()}
          >
            {isStarting ? texts.starting : run === undefined ? texts.start : texts.again}
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={!needsHealing(state)}
          onClick={() => void tellLab('POST', '/heal')}
        >
          {needsHealing(state) ? texts.heal : texts.healed}
        </button>
      </div>
      {!state.hasDatabaseSwitches && <p class="small quiet">{texts.noDatabases}</p>}
      <p role="alert" class="saying is-failed">
        {labFailure.value}
      </p>
      <RunFigures run={run} isBroken={needsHealing(state)} />
    </section>
  );
}

/** Before a run they have their places already, so that nothing moves when it begins. */
function RunFigures({
  run,
  isBroken,
}: {
  readonly run: LabRun | undefined;
  readonly isBroken: boolean;
}) {
  const shown = (count: number | null | undefined): string =>
    count === undefined ? texts.notYet : count === null ? texts.notKnown : formatNumber(count);
  return (
    <>
      <p class="small quiet lab-progress">
        {run === undefined
          ? texts.noRun
          : `${texts.arrived(formatNumber(run.arrived), formatNumber(run.buyers))} · ${texts.book(String(run.bookId))}`}
      </p>
      <dl class="figures">
        <Figure label={texts.sold} count={shown(run?.sold)} term="sold" />
        <Figure label={texts.refused} count={shown(run?.refused)} term="refused" />
        <Figure label={texts.unanswered} count={shown(run?.unanswered)} term="unanswered" />
        <Figure label={texts.left} count={shown(run?.left)} term="left" />
      </dl>
      <Equation run={run} />
      <p role="status" class="lab-phase">
        {run === undefined ? '' : wordsOf(run, isBroken)}
      </p>
      <LastWriterWins run={run} />
    </>
  );
}

function Figure({
  label,
  count,
  term,
}: {
  readonly label: string;
  readonly count: string;
  readonly term: TermName;
}) {
  return (
    <div>
      <dt class="small">
        <Term name={term}>{label}</Term>
      </dt>
      <dd class="figure">{count}</dd>
    </div>
  );
}

function Equation({ run }: { readonly run: LabRun | undefined }) {
  const { equation = 'open', sold, left, copies } = run ?? {};
  const words = equation === 'open' ? texts.equationOpen : texts.equation;
  return (
    <p class={`equation is-${equation}`}>
      <span class="small">
        <Term name="equation">{texts.words}</Term>
      </span>
      <span class="figure">
        {sold === undefined || copies === undefined
          ? texts.notYet
          : words(
              formatNumber(sold),
              left == null ? texts.notKnown : formatNumber(left),
              formatNumber(copies),
            )}
        <span aria-hidden="true">{{ open: '', holds: ' ✓', broken: ' ✗' }[equation]}</span>
      </span>
    </p>
  );
}

function wordsOf({ phase, equation, arrived, buyers }: LabRun, isBroken: boolean): string {
  if (equation === 'broken') return texts.broken;
  if (phase === 'met' && equation === 'holds') return texts.holds;
  if (phase === 'selling' && arrived === buyers && isBroken) return texts.phases.waiting;
  if (phase === 'meeting' && isBroken) return texts.phases.awayMeeting;
  return texts.phases[phase];
}

function LastWriterWins({ run }: { readonly run: LabRun | undefined }) {
  const { copies = 0, lastWriterWins: { sold } = { sold: 0 } } = run ?? {};
  const oversold = Math.max(0, sold - copies);
  return (
    <div class="other-answer">
      <p>
        <Term name="lastWriterWins">{texts.lastWriterWins}</Term>{' '}
        {run !== undefined && texts.wouldHaveSold(formatNumber(sold), formatNumber(copies))}
      </p>
      <div class="stock-bar is-thin" aria-hidden="true">
        <span class="segment was-sold" style={{ flexGrow: Math.min(sold, copies) }} />
        <span class="segment unsold" style={{ flexGrow: Math.max(0, copies - sold) }} />
        <span class="segment oversold" style={{ flexGrow: oversold }} />
      </div>
      <p class={oversold > 0 ? 'is-bad' : ''}>
        {run === undefined
          ? texts.compared
          : oversold > 0
            ? texts.oversold(formatNumber(oversold))
            : texts.notOversold}
      </p>
    </div>
  );
}
