VERSION: int
HEAD_BYTES: int
ID_BYTES: int

def fit(
    data: bytes | bytearray, contract_id: bytes | bytearray, layout_id: bytes | bytearray
) -> None: ...
def check_block(
    data: bytes | bytearray,
    contract_id: bytes | bytearray,
    layout_id: bytes | bytearray,
    tables_len: int,
) -> None: ...
def table(data: bytes | bytearray, which: int) -> int: ...
