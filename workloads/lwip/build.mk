# lwIP: an IPv4 node that answers, on the embedded target only.

$(call upstream,lwip,workloads/lwip/source.list)
LWIP_SOURCE := build/source/lwip/src
LWIP_HEADERS := -Iworkloads/lwip/rv32 -isystem $(LWIP_SOURCE)/include
LWIP_SOURCES := $(addprefix $(LWIP_SOURCE)/,$(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c \
    memp.c netif.c pbuf.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c \
    $(addprefix ipv4/,etharp.c icmp.c ip4.c ip4_addr.c)) netif/ethernet.c)
$(call rv32_compile,lwip,$(LWIP_SOURCES),$(LWIP_HEADERS))
$(call rv32_compile,lwip,workloads/lwip/node.c,$(RV32_WARNINGS) $(LWIP_HEADERS))

$(call rv32_workload,lwip,$(call rv32_objects,lwip,$(LWIP_SOURCES) workloads/lwip/node.c),,soname=liblwip.so \
    flash=64K@384K ram=64K@128K stack=4K scopes=4K message=2048 \
    host_flash=384K host_ram=64K host_stack=8K largest=4096 source=workloads/lwip/peer.c upstream=lwip)

# --- tests: its stubs against a node that breaks its interface ---

LWIP_TESTS := workloads/lwip/tests
$(call rv32_compile,library,$(LWIP_TESTS)/lying-node.c,$(RV32_WARNINGS))
$(call rv32_library,lying-node,$(call rv32_objects,library,$(LWIP_TESTS)/lying-node.c),soname=liblwip.so \
    exports=$(call rv32_exports,lwip) flash=32K@384K ram=32K@224K stack=4K scopes=8K)
# $(call lwip_lies,SYSTEM)
lwip_lies = $(call rv32_compile,lies.$(1),$(LWIP_TESTS)/lwip-lies.c,$(RV32_WARNINGS) $(call \
    rv32_pair_flags,lwip,$(1),,4096))$(eval $(call rv32_objects,lies.$(1),$(LWIP_TESTS)/lwip-lies.c): $(call \
    rv32_stubs,lwip))$(call rv32_image,test/lwip-lies.$(1),$(call rv32_objects,lies.$(1),$(LWIP_TESTS)/lwip-lies.c) \
    $(RV32_TAP),lying-node,flash=384K ram=192K stack=8K)
$(call lwip_lies,og-pmp)
$(call lwip_lies,copy-pmp)
RV32_TAP_IMAGES += lwip-lies.og-pmp lwip-lies.copy-pmp
