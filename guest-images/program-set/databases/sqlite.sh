#!/bin/bash
# The sqlite3 command line: 100,000 rows loaded, queried, indexed; transactions, locks, dumps.
for ((i = 1; i <= 1000; i++)); do echo "$i,$((i * 7919 % 10007)),name-$((i % 97))"; done >part.csv
for ((i = 0; i < 100; i++)); do cat part.csv; done >rows.csv
wc -l <rows.csv
sqlite3 data.db <<'END'
create table raw(a integer, b integer, c text);
.mode csv
.import rows.csv raw
.mode list
select count(*), sum(a), sum(b), count(distinct c) from raw;
create index by_c on raw(c, b);
select c, count(*), max(b), avg(a) from raw group by c order by 3 desc, 1 limit 5;
select count(*) from raw where c = 'name-5' and b between 100 and 5000;
explain query plan select * from raw where c = 'x';
begin; update raw set b = b + 1 where a % 10 = 0; select changes(); rollback;
select sum(b) from raw;
create table squares as with recursive n(x) as (select 1 union all select x + 1 from n where x < 500) select x, x * x as y from n;
select r.a, s.y from raw r join squares s on s.x = r.a where r.rowid < 5;
pragma integrity_check;
.mode column
.headers on
select * from squares limit 2;
.mode json
select upper('é'), typeof(1.0), printf('%05d', 42), strftime('%Y', 0, 'unixepoch'), hex('ab'), json('[1, 2]') limit 1;
vacuum;
END
stat -c %s data.db
sqlite3 data.db '.schema' '.tables'
sqlite3 data.db .dump | md5sum
sqlite3 -separator '|' data.db "select rowid, * from raw where rowid % 25000 = 0"
sqlite3 data.db 'select nothing from nowhere'
echo $?
sqlite3 data.db 'pragma journal_mode = wal' 'insert into squares values (0, 0)' 'select count(*) from squares'
ls data.db*
sqlite3 :memory: 'select sqlite_version() > 3'
sqlite3 -readonly data.db 'delete from raw'
echo $?
echo garbage >bad.db
sqlite3 bad.db 'select 1 from sqlite_master'
echo $?
(
  echo 'begin exclusive; select 1;'
  until [[ -e busy ]]; do sleep 0.05; done
  echo 'commit;'
) | sqlite3 data.db >holding &
until [[ -s holding ]]; do sleep 0.05; done
sqlite3 data.db 'insert into squares values (1, 1)'
echo $?
: >busy
wait
