import { openDatabase } from '../local/stream-index.js';
const d = openDatabase('/tmp/thr.db');
for (const r of d.all('select name,type,sql from sqlite_master')) console.log(r);
for (const r of d.all("select name from sqlite_master where type='table'") as any[]) {
  console.log(r.name, d.all(`select count(*) c from "${r.name}"`));
  console.log(d.all(`select * from "${r.name}" limit 1`));
}
console.log(d.all('pragma journal_mode'), d.all('pragma synchronous'));
d.close();
