#!/bin/bash
# make: variables, functions, patterns, recursion, parallel jobs, errors.
mkdir -p sub
cat >Makefile <<'END'
SHELL := /bin/bash
list := a b c
upper = $(shell echo $(1) | tr a-z A-Z)
define template
target-$(1): ; @echo template $(1) $$@
endef
.PHONY: all functions recursive parallel fails ignore multi archive
all: functions $(addprefix target-,$(list)) derived.txt
functions:
	@echo $(words $(list)) $(firstword $(list)) $(sort c a b a) $(patsubst %,%.x,$(list)) $(call upper,word) $(if $(list),yes,no) $(foreach x,$(list),[$(x)]) $(filter a c,$(list)) $(subst a,x,banana) $(dir /a/b.c) $(notdir /a/b.c) $(suffix x.c) $(basename x.c) $(wildcard Make*) $(origin list) $(flavor upper) $(strip  a  b ) $(or ,z) $(and a,b) $(join a b,1 2) $(lastword 1 2 3) $(abspath ..) $(realpath sub/..)
$(foreach x,$(list),$(eval $(call template,$(x))))
%.txt: %.in
	sed s/in/out/ $< >$@; cat $@
derived.in: ; @echo input >$@
recursive: ; $(MAKE) -C sub depth=$(MAKELEVEL)
jobs := $(addprefix job-,1 2 3 4 5 6)
$(jobs): ; @sleep 0.0$(subst job-,,$@); touch $@
parallel: $(jobs) ; @ls job-* | wc -l
fails: ; @echo before; false; echo after
ignore: ; -false
	@+echo after $(@)
signal: ; kill -TERM $$$$
.ONESHELL: oneshell
oneshell:
	@x=1
	y=2
	echo $$x$$y
ifeq ($(mode),debug)
$(info debug mode)
endif
export EXPORTED := exported
environment: ; @echo $$EXPORTED $(HOME) $(MAKELEVEL)
circular-a: circular-b
circular-b: circular-a
double:: ; @echo first
double:: ; @echo second
END
echo 'all: ; @echo level $(MAKELEVEL) $(depth)' >sub/Makefile
make
make
make recursive
make -j3 parallel
make fails
echo $?
make ignore
make signal
echo $?
make oneshell
make mode=debug environment
make circular-a
make double
make -k fails nothere
echo $?
make -n fails
make -B -s derived.txt
make -q derived.txt
echo $?
make --no-print-directory -f - <<<'x: ; @echo from stdin'
make -p -f /dev/null 2>/dev/null | grep -c '^# ' | grep -c .
make -j2 -O parallel -W job-1 -s
touch -d 2030-01-01 derived.in
make derived.txt 2>&1 | sed 's/ has modification time .*//'
make -C nowhere
echo $?
make -f missing
echo $?
make --version | head -1
printf 'a:\n\techo tab\n  bad\n' | make -f - 2>&1 | sed 's|/tmp/[^:]*|stdin|'
echo ${PIPESTATUS[1]}
