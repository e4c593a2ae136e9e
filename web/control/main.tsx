import { render } from 'preact';
import '../styles/base.css';
import { control } from '../texts.js';

render(
  <main>
    <h1>{control.title}</h1>
  </main>,
  document.getElementById('app') as HTMLElement,
);
