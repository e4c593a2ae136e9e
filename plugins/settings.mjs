// Refuses to package, and so to deploy, a service with settings that its functions would refuse.

import { tsImport } from 'tsx/esm/api';

export default class SettingsPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { 'before:package:cleanup': () => this.check() };
  }

  async check() {
    const { faultOfSettings } = await tsImport('../lib/config.ts', import.meta.url);
    const fault = faultOfSettings(process.env);
    if (fault !== undefined) throw new this.serverless.classes.Error(fault);
  }
}
