import { render } from 'preact';
import '../styles/base.css';
import './control.css';
import { App } from './app.js';
import { startWatching } from './watch.js';

startWatching();
render(<App />, document.getElementById('app') as HTMLElement);
