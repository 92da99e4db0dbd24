#!/bin/bash
# openssl: digests, ciphers, keys; speed only runs, its values are the machine's.
seq 5000 >data
for digest in md5 sha1 sha256 sha512 sha3-256 blake2b512; do openssl dgst "-$digest" data; done
openssl dgst -sha256 -hmac key data
openssl list -digest-algorithms | wc -l
openssl version | cut -d' ' -f1,2
openssl enc -aes-256-cbc -K "$(printf 11%.0s {1..32})" -iv "$(printf 22%.0s {1..16})" -in data -out cipher && md5sum cipher && openssl enc -d -aes-256-cbc -K "$(printf 11%.0s {1..32})" -iv "$(printf 22%.0s {1..16})" -in cipher | cmp - data && echo decrypted
openssl enc -chacha20 -K "$(printf 33%.0s {1..32})" -iv "$(printf 44%.0s {1..16})" -in data | md5sum
openssl base64 <<<text
openssl enc -aes-128-cbc -pbkdf2 -pass pass:x -S 0102030405060708 -in data | md5sum
openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null
openssl pkey -in key.pem -pubout -out pub.pem
openssl pkeyutl -sign -inkey key.pem -rawin -in data -out sig && openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in data -sigfile sig
openssl ecparam -name prime256v1 -genkey -noout -out ec.pem
openssl dgst -sha256 -sign ec.pem -out ec.sig data
openssl ec -in ec.pem -pubout -out ec.pub 2>/dev/null
openssl dgst -sha256 -verify ec.pub -signature ec.sig data
openssl req -new -x509 -key ec.pem -subj /CN=test -days 1 -out cert.pem && openssl x509 -in cert.pem -noout -subject && openssl verify -CAfile cert.pem cert.pem
openssl rand 16 | wc -c
openssl prime 1000003
openssl passwd -6 -salt salt password
openssl asn1parse -in cert.pem | wc -l | grep -c .
openssl dgst missing 2>&1 | sed 's/^[0-9A-F]*:error/error/'
echo ${PIPESTATUS[0]}
openssl nonsense 2>&1 | tail -1 | cut -d: -f1
openssl crl2pkcs7 -nocrl -certfile cert.pem | head -1
openssl pkcs12 -export -inkey ec.pem -in cert.pem -passout pass:y -out p12 && openssl pkcs12 -in p12 -passin pass:y -nokeys 2>/dev/null | grep -c BEGIN
openssl speed -seconds 1 -bytes 1024 sha256 >speed 2>errors
echo $?
grep -c '^sha256 ' speed
