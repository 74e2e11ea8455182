-- One keyring for all doors: the vault asks for all that a key may do, as the API does.
GRANT EXECUTE ON FUNCTION core.api_key_open(bytea) TO farthing_vault;
