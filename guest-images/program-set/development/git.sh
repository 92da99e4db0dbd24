#!/bin/bash
# git on a local repository: init, add, commit, log, branches, merges, clone, push, fetch, stash, rebase, bisect.
export HOME=/work TZ=UTC GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z' GIT_PAGER=cat
git config --global user.name Someone
git config --global user.email someone@example.org
git config --global init.defaultBranch trunk
git config --global advice.detachedHead false
git init first
cd first || exit
git status
for i in 1 2 3; do
  echo "line $i" >>file
  echo "$i" >"f$i"
  git add .
  git commit -m "commit $i"
done
git log --oneline --stat
git log --format='%h %an %s %ad' --date=iso
git show HEAD~1
git diff HEAD~2 HEAD -- file
git rev-parse HEAD
git ls-tree -r HEAD
git cat-file -p HEAD
git blame -s file
git checkout -b topic
echo topic >>file
git commit -qam 'on topic'
git checkout trunk
echo other >f1
git commit -qam 'on trunk'
git merge --no-edit topic
git log --graph --oneline --all
git branch -v
git tag -a v1 -m 'a tag'
git describe
git checkout -q -b conflict HEAD~1
echo different >>file
git commit -qam conflict
git merge topic
echo $?
git status --short
git diff | head -12
git checkout --theirs file
git add file
git commit -qm resolved
git checkout -q trunk
cd ..
git clone first second
git clone -q --bare first bare.git
git clone -q --depth 1 file:///work/first shallow
git -C shallow log --oneline | wc -l
cd second || exit
git remote -v
git log --oneline | head -2
echo from second >new
git add new
git commit -qm 'in second'
git push ../bare.git trunk 2>&1 | tail -1
git -C ../bare.git log --oneline -1
git -C ../first pull -q ../bare.git trunk
git fetch -q
git log --oneline -1 origin/trunk
git status -sb
echo dirty >>file
git stash -q
git status -s
git stash pop -q
git status -s
git checkout -q -- file
git rm -q f2
git mv f3 moved
git status -s
git commit -qm 'removed and moved'
git rebase -q HEAD~1
git cherry-pick v1~1 2>&1 | tail -2
git cherry-pick --abort 2>/dev/null
git reset -q --hard HEAD~1
git grep -n line
git archive HEAD | tar -t
git gc -q
git fsck
git count-objects -v | cut -d: -f1
git bisect start -q HEAD HEAD~3 | tail -1
git bisect run sh -c 'test ! -f new' | tail -2
git bisect reset -q
git shortlog -sn HEAD
git submodule -q add /work/bare.git sub 2>&1 | tail -1
git worktree add -q ../tree HEAD && ls ../tree
git reflog | wc -l | grep -c .
git apply --check <<<'nonsense'
echo $?
git frobnicate
echo $?
git log nothere
echo $?
cd /
git status
echo $?
git hash-object --stdin <<<text
git --version | cut -d' ' -f1,2
git -C /work/first format-patch --stdout -1 v1^2 | head -5
git -C /work/first notes add -m note && git -C /work/first log -1 --format=%N
git -C /work/first daemon --help >/dev/null 2>&1
git -C /work/first verify-pack -v .git/objects/pack/*.idx 2>/dev/null | wc -l
