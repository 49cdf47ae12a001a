"""Cross-domain encoder: shapes and pictures of them in one space (Ji and Wang, Cross-domain Deep Encoding)."""
