#!/bin/bash
# make -j2 with gcc, frozen on its way: the job server's pipe, compilers and their pipes.
# freezes: 3
make -j2 all 2>&1 | sort
./program
make -q
echo "up to date $?"
touch -d '2001-01-01' one.c
make -j2 -s
echo $?
rm -f two.o
make -n
make clean
