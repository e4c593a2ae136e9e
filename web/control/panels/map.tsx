/** The store as a picture: regions left and right, the shop between them, and what passes. */
import { formatNumber } from '../../common/format.js';
import { RegionSwitches } from '../parts/switches.js';
import { Term } from '../parts/term.js';
import { control, terms, type TermName } from '../texts.js';
import { formatDuration } from '../durations.js';
import type { StoreStatus, QueueStatus, RegionStatus } from '../types.js';
import { bookId, copies, emptyAt, heard, lab, queueKey, status } from '../watch.js';
import { ShopWire, Wire } from '../parts/wire.js';

const { map: texts } = control;

export function RegionMap() {
  const stated = status.value;
  return (
    <section class="panel map" aria-labelledby="map-title">
      <h2 id="map-title" class="unseen">
        {texts.title}
      </h2>
      {stated === undefined ? <MapSkeleton /> : <Picture stated={stated} />}
    </section>
  );
}

function MapSkeleton() {
  return (
    <div class="map-picture" aria-hidden="true">
      <div class="place skeleton" />
      <div class="map-middle skeleton" />
      <div class="place skeleton" />
    </div>
  );
}

function Picture({ stated }: { readonly stated: StoreStatus }) {
  const [first, ...others] = stated.regions;
  if (first === undefined) return null;
  const pairs = stated.regions.flatMap((from) =>
    stated.regions.filter((to) => to !== from).map((to) => [from, to] as const),
  );
  return (
    <>
      <div class={heard.value.isSilent ? 'map-picture is-old' : 'map-picture'}>
        <Place region={first} hue={0} />
        <div class="map-middle">
          <div class="map-shop">
            <ShopWire
              region={first.region}
              direction="left"
              label={texts.toRegion(first.region)}
              state={wireState(first)}
            />
            <ShopPlace stated={stated} />
            <div class="map-shop-wires">
              {others.map((region) => (
                <ShopWire
                  key={region.region}
                  region={region.region}
                  direction="right"
                  label={texts.toRegion(region.region)}
                  state={wireState(region)}
                />
              ))}
            </div>
          </div>
          {pairs.map(([from, to]) => (
            <ReplicationWire
              key={`${from.region} ${to.region}`}
              from={from}
              to={to}
              direction={from === first ? 'right' : 'left'}
              queues={stated.queues}
              hasMany={others.length > 1}
            />
          ))}
        </div>
        <div class="map-others">
          {others.map((region, place) => (
            <Place key={region.region} region={region} hue={place + 1} />
          ))}
        </div>
      </div>
      <Queues stated={stated} />
    </>
  );
}

/** As the lab knows better than its first failed call. */
function wireState({ region, reachable }: RegionStatus): 'open' | 'away' | 'slow' {
  if (!reachable) return 'away';
  const { network } = lab.value?.regions.find((one) => one.region === region) ?? {};
  return network === 'slow' ? 'slow' : 'open';
}

function Place({ region, hue }: { readonly region: RegionStatus; readonly hue: number }) {
  const { region: name, reachable } = region;
  const own = copies.value.regions.find((one) => one.region === name);
  const isKnown = own?.isKnown === true;
  return (
    <article class={`place hue-${hue} ${reachable ? '' : 'is-away'}`} aria-label={name}>
      <header>
        <h3>{name}</h3>
        <p class="state small">
          <span class={`lamp ${reachable ? 'is-good' : 'is-bad'}`} aria-hidden="true" />
          {reachable ? texts.answers : texts.silent}
        </p>
      </header>
      <p class="place-figure">
        <strong class="figure">{isKnown ? formatNumber(own.maySell) : '–'}</strong>
        <span class="small quiet">
          {isKnown ? <Term name="maySell">{texts.maySell}</Term> : texts.unknown}
          {` · ${control.lab.book(String(bookId.value))}`}
        </span>
      </p>
      <RegionSwitches region={name} />
    </article>
  );
}

function ShopPlace({ stated }: { readonly stated: StoreStatus }) {
  const { region, cache } = stated;
  return (
    <article class="place place-shop" aria-label={control.shop}>
      <header>
        <h3>{control.shop}</h3>
        <p class="small quiet">
          <Term name="frontEnd">{texts.frontEnd}</Term> {region}
        </p>
      </header>
      <p class="state small">
        <span class={`lamp ${cache.reachable ? 'is-good' : 'is-bad'}`} aria-hidden="true" />
        <Term name="cache">{cache.reachable ? texts.cacheAnswers : texts.cacheSilent}</Term>
      </p>
    </article>
  );
}

interface ReplicationWireProps {
  readonly from: RegionStatus;
  readonly to: RegionStatus;
  readonly direction: 'right' | 'left';
  readonly queues: readonly QueueStatus[];
  /** Whether a line must say between which regions it leads. */
  readonly hasMany: boolean;
}

function ReplicationWire({ from, to, direction, queues, hasMany }: ReplicationWireProps) {
  const behindMs = to.behindMs[from.region];
  const queue = queues.find(({ region, name }) => region === to.region && name === 'replicate');
  const isAway = !from.reachable || !to.reachable;
  return (
    <Wire
      from={from.region}
      to={to.region}
      direction={direction}
      state={isAway ? 'away' : wireState(from) === 'slow' ? 'slow' : wireState(to)}
      label={texts.replication(from.region, to.region)}
    >
      {hasMany && <span>{`${from.region} → ${to.region}`}</span>}
      <span>
        <Term name="lag">
          {!to.reachable
            ? texts.unknown
            : behindMs == null
              ? texts.neverHeard
              : texts.lag(formatDuration(behindMs))}
        </Term>
      </span>
      <span>
        <Term name="queue">{texts.queue}</Term> <Depth queue={queue} />
      </span>
    </Wire>
  );
}

/** What waits, and what is in hand. */
function Depth({ queue }: { readonly queue: QueueStatus | undefined }) {
  const depth = queue?.depth;
  if (depth == null) return <span class="quiet">{texts.unknown}</span>;
  const { waiting, inHand } = depth;
  return (
    <b class={waiting + inHand > 0 ? 'depth is-busy' : 'depth'}>
      {formatNumber(waiting)}
      {inHand > 0 && ` + ${formatNumber(inHand)}`}
    </b>
  );
}

/** A row for each region and one for the shop, a column for each kind of queue. */
function Queues({ stated }: { readonly stated: StoreStatus }) {
  const names = [...new Set(stated.queues.map(({ name }) => name))];
  const isReplicas = (name: string) => !name.startsWith('invalidate');
  const rows = [
    ...stated.regions.map(({ region }) => ({ region, label: region, has: isReplicas })),
    {
      region: stated.region,
      label: `${control.shop}, ${stated.region}`,
      has: (name: string) => !isReplicas(name),
    },
  ];
  return (
    <div class="table-frame" tabIndex={0} role="group" aria-label={texts.queues}>
      <table class="table queues">
        <thead>
          <tr>
            <th scope="col">
              <Term name="queue">{texts.queues}</Term>
            </th>
            {names.map((name) => (
              <th key={name} scope="col" class="number">
                <Term name={name in terms ? (name as TermName) : 'queue'}>
                  {control.queues[name] ?? name}
                </Term>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ region, label, has }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {names.map((name) => (
                <QueueCell
                  key={name}
                  queue={
                    has(name)
                      ? stated.queues.find((one) => one.region === region && one.name === name)
                      : undefined
                  }
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function QueueCell({ queue }: { readonly queue: QueueStatus | undefined }) {
  if (queue === undefined) return <td />;
  const { depth, isDeadLetter } = queue;
  if (depth === null) return <td class="number quiet">{texts.unknown}</td>;
  const count = depth.waiting + depth.inHand;
  const emptyAgo = emptyAt.get(queueKey(queue));
  return (
    <td class={isDeadLetter && count > 0 ? 'number is-bad' : 'number'}>
      <Depth queue={queue} />
      {count > 0 && emptyAgo !== undefined && (
        <>
          {' '}
          <Term name="oldest">{texts.atMost(formatDuration(Date.now() - emptyAgo))}</Term>
        </>
      )}
    </td>
  );
}
