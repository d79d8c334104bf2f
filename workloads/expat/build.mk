# expat: parsing XML, which calls back for every element.

$(call upstream,expat,workloads/expat/source.list)
EXPAT_SOURCE := build/source/expat/expat/lib
# WebAssembly: as Debian builds it, with randomness by the name that expat knows.
WASM_AFTER_expat := build/source/expat.unpacked
$(call wasm_module,expat,workloads/expat/expat.og.h,$(addprefix $(EXPAT_SOURCE)/,xmlparse.c xmlrole.c \
    xmltok.c),-I$(EXPAT_SOURCE) -Iworkloads/expat/wasm)

$(call workload,expat,$(SYSTEMS),-lexpat)
