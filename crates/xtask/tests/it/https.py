"""Serves a folder over HTTPS on loopback until standard input ends.

Arguments: FOLDER CERTIFICATE. The certificate is made for this run and written to that
file. The first line on standard output is the port.
"""

import datetime
import functools
import http.server
import ipaddress
import ssl
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

folder, certificate = sys.argv[1:]
key = ec.generate_private_key(ec.SECP256R1())
public = key.public_key()
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
made = x509.CertificateBuilder(name, name, public, x509.random_serial_number(), now - day, now + day)
for extension in (
    x509.BasicConstraints(ca=True, path_length=None),
    x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
    x509.SubjectKeyIdentifier.from_public_key(public),
    x509.AuthorityKeyIdentifier.from_issuer_public_key(public),
):
    made = made.add_extension(extension, critical=False)
with open(certificate, "wb") as file:
    file.write(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
with open(certificate + ".key", "wb") as file:
    file.write(key.private_bytes(*form))

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, certificate + ".key")
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.buffer.read()
