#!/bin/bash
# A transaction of many statements, frozen in its middle: what was written and not committed, the journal, the locks.
# freezes: 4
{
  echo 'create table t(a integer primary key, b text); begin;'
  for ((i = 1; i <= 2000; i++)); do echo "insert into t values ($i, 'value $((i * 31 % 1009))');"; done
  echo 'commit; begin; update t set b = upper(b) where a % 2; savepoint s; delete from t where a > 1500; select count(*) from t; rollback to s;'
  echo "select count(*) from t; create index i on t(b); insert into t select a + 2000, b from t; commit;"
} | sqlite3 -cmd 'pragma cache_size = 10' t.db
sqlite3 t.db 'select count(*), sum(length(b)), min(b), max(b) from t' 'pragma integrity_check'
ls
md5sum t.db
