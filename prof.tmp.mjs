import { fork } from 'node:child_process';
for (const role of ['producer','consumer']) await new Promise(r=>{
const c=fork('dist-bench/core/worker.js',[],{execArgv:['--expose-gc','--cpu-prof','--cpu-prof-dir=/tmp/mqb-prof-'+role,'--cpu-prof-interval=200'],serialization:'advanced'});
c.on('message',m=>{const s=m.nsPerMessage.slice(3).sort((a,b)=>a-b);console.log(role,s[0],s[s.length>>1])});c.on('exit',r);c.send({role,sizeBytes:100,seed:1,readings:[100000,3000000]});});
