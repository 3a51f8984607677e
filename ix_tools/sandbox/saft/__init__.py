"""The SAF-T (PT) file of a month: elements, master files, source documents, and the file that holds them."""
