/** What a file of tests begins with, at its top level; it is stopped behind the last of its tests. */
import { afterAll } from '@jest/globals';
import { startEmulators } from '../../../services/emulators.js';
import { startNeighbours } from '../tables/neighbours.js';
import { startStage } from './stage.js';
import { startTwins } from '../tables/twin-tables.js';

const opening =
  <Args extends unknown[], Opened>(
    start: (...args: Args) => Promise<Opened>,
    stop: (opened: Opened) => void,
  ) =>
  async (...args: Args): Promise<Opened> => {
    const opened = await start(...args);
    afterAll(() => stop(opened));
    return opened;
  };

export const openEmulators = opening(startEmulators, (emulators) => emulators.stop());
export const openNeighbours = opening(startNeighbours, ({ emulators }) => emulators.stop());
export const openStage = opening(startStage, (stage) => stage.stop());
export const openTwins = opening(startTwins, (maker) => maker.stop());
