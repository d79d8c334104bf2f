# The libraries' upstream tarballs, for the targets that need a build of their own.

# $(call upstream,NAME): the source package of that name in workloads/sources.list, in
# build/source/NAME, where its files are once it is unpacked.
define upstream_rule
build/source/$(1).unpacked: workloads/sources.list omniglot/tools/fetch-source
	$(Q)omniglot/tools/fetch-source workloads/sources.list $(1) build/source/$(1)
	@touch $$@
build/source/$(1)/%: | build/source/$(1).unpacked ;
endef
upstream = $(eval $(call upstream_rule,$(1)))
$(foreach source,libsodium zlib brotli expat lwip,$(call upstream,$(source)))
