# What is installed: archive and shared library, tools, headers, pages of the manual, completions, and
# what pkg-config and CMake ask for.
#
#   PREFIX=/usr/local   where to; BINDIR, LIBDIR, LIBEXECDIR, INCLUDEDIR, DATADIR, MANDIR, ZSHDIR below it
#   DESTDIR=            a folder that all of it is put into instead of /

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
ZSHDIR ?= $(DATADIR)/zsh/site-functions

OG_VERSION := $(shell sed -n 's/^.define OG_VERSION "\(.*\)"$$/\1/p' omniglot/include/omniglot/version.h)
# Changes when programs that were linked before cannot go on with the library.
OG_ABI := 0

# --- one archive ---

LIBOMNIGLOT := $(BUILD)/package/libomniglot
$(LIBOMNIGLOT).a: $(OMNIGLOT:%=$(BUILD)/lib/%.a)
	$(call say,AR,$@)
	@mkdir -p $(@D) && rm -f $@
	$(Q)printf '%s\n' 'CREATE $@' $(^:%='ADDLIB %') SAVE END | ar -M

# --- one shared library ---

# The objects of the archives, but those that have variables of threads. What the archives' say of
# these is right wherever they are linked into, and the linker makes it short in a program; in a shared
# library it would be a call of the loader's, which may allocate, also in a handler. A library that is there
# when the program starts can be sure of their place. (What is given a model of its own has this one, too.)
WITH_THREAD_VARIABLES := $(addprefix omniglot/mpk/,contexts deadline host_signals locks thread thread_exit \
    threads) omniglot/core/turn
AT_START := -ftls-model=initial-exec '-Dtls_model(model)=tls_model("initial-exec")'
objects_at_start = $(WITH_THREAD_VARIABLES:%=$(BUILD)/package/object/%.o)
OBJECTS += $(objects_at_start)
$(BUILD)/package/object/%.o: %.c $(BUILD_FILES)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS_$*) $(AT_START) -MMD -MP -c -o $@ $<

# As a program is linked: what the names need that it has. What is there twice is taken from AT_START's.
PUBLIC_NAMES = $(shell sed -n 's/^    \(og_.*\);$$/\1/p' packaging/omniglot.map; sed '/^\#/d' packaging/interposed)
$(LIBOMNIGLOT).o: $(objects_at_start) $(OMNIGLOT:%=$(BUILD)/lib/%.a) packaging/omniglot.map packaging/interposed \
    packaging/show-symbols
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)ld -r -o $@ $(PUBLIC_NAMES:%=-u %) $(filter %.o,$^) --start-group $(filter %.a,$^) --end-group
	$(Q)packaging/show-symbols $@ packaging/omniglot.map --keep packaging/interposed

# It is code of each program that it is linked to: link-host sees to it that it is fit for that. It takes the
# place of functions of the C library's, and is never unloaded. Its own calls go to its own functions, but what it
# looks up by name it finds as the program's libraries do (-Bsymbolic would have it find itself: then it could
# not tell that handlers are installed past it).
LIBOMNIGLOT_SO := $(LIBOMNIGLOT).so.$(OG_VERSION)
$(LIBOMNIGLOT_SO): $(LIBOMNIGLOT).o packaging/omniglot.map | $(BUILD)/bin/og-scan
	$(call say,SHARED,$@)
	$(Q)omniglot/tools/link-host $(BUILD)/bin/og-scan $@ $(CC) -shared $(LDFLAGS) \
	    -Wl,-soname,libomniglot.so.$(OG_ABI) -Wl,--version-script,packaging/omniglot.map -Wl,-Bsymbolic-functions \
	    -Wl,-z,now,-z,defs,-z,nodelete -o $@ $< $(OMNIGLOT_LIBS)

PRODUCT += $(LIBOMNIGLOT).a $(LIBOMNIGLOT_SO)

# --- installing ---

INSTALLED_TOOLS := og-bindgen og-doctor og-run og-scan
STUBS_HEADERS := $(wildcard omniglot/include/omniglot/stubs/*.h)
# Who implements an isolation does it in this tree.
PUBLIC_HEADERS := $(filter-out %/runtime.h,$(wildcard omniglot/include/omniglot/*.h))
PAGES := $(BUILD)/package/man
FILLED := $(addprefix $(BUILD)/package/,omniglot.pc omniglot-static.pc OmniglotConfig.cmake OmniglotConfigVersion.cmake)

# Where a path is below the prefix, pkg-config and CMake are told so: the folder can then be moved.
below_prefix = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))
$(FILLED): $(BUILD)/package/%: packaging/%.in .FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@VERSION@|$(OG_VERSION)|g' -e 's|@ABI@|$(OG_ABI)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
	    -e 's|@BINDIR@|$(call below_prefix,$(BINDIR))|g' -e 's|@LIBDIR@|$(call below_prefix,$(LIBDIR))|g' \
	    -e 's|@INCLUDEDIR@|$(call below_prefix,$(INCLUDEDIR))|g' -e 's|@LIBRARIES@|$(OMNIGLOT_LIBS)|g' \
	    -e 's|@CMAKE_TO_PREFIX@|$(shell realpath -m --relative-to=$(LIBDIR)/cmake/Omniglot $(PREFIX))|g' $< >$@
.PHONY: .FORCE
.FORCE:

# The manual, from the comments of the headers and what the tools say of themselves.
$(PAGES)/made: packaging/manual packaging/og-link-host.in CHANGELOG.md $(PUBLIC_HEADERS) $(INSTALLED_TOOLS:%=$(BUILD)/bin/%)
	$(call say,MANUAL,$(@D))
	@rm -rf $(@D) && mkdir -p $(@D)
	$(Q)packaging/manual --output $(@D) --version $(OG_VERSION) --tools $(BUILD)/bin
	@touch $@

PRODUCT += $(FILLED) $(PAGES)/made
product: $(PRODUCT)

# install(1)'s modes; libraries and tools keep their symbols: og-scan knows the gate by them.
.PHONY: install uninstall
install: product
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig $(LIBDIR)/cmake/Omniglot $(LIBEXECDIR)/omniglot \
	    $(INCLUDEDIR)/omniglot/stubs $(MANDIR)/man1 $(MANDIR)/man3 $(MANDIR)/man7 \
	    $(DATADIR)/bash-completion/completions $(ZSHDIR))
	install -m 755 $(INSTALLED_TOOLS:%=$(BUILD)/bin/%) $(DESTDIR)$(BINDIR)
	sed 's|@LINK_HOST@|$(shell realpath -m --relative-to=$(BINDIR) $(LIBEXECDIR)/omniglot/link-host)|' \
	    packaging/og-link-host.in >$(DESTDIR)$(BINDIR)/og-link-host
	chmod 755 $(DESTDIR)$(BINDIR)/og-link-host
	install -m 755 omniglot/tools/link-host $(DESTDIR)$(LIBEXECDIR)/omniglot
	install -m 644 $(LIBOMNIGLOT).a $(LIBOMNIGLOT_SO) $(DESTDIR)$(LIBDIR)
	ln -sf libomniglot.so.$(OG_VERSION) $(DESTDIR)$(LIBDIR)/libomniglot.so.$(OG_ABI)
	ln -sf libomniglot.so.$(OG_ABI) $(DESTDIR)$(LIBDIR)/libomniglot.so
	install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(INCLUDEDIR)/omniglot
	install -m 644 $(STUBS_HEADERS) $(DESTDIR)$(INCLUDEDIR)/omniglot/stubs
	install -m 644 $(filter %.pc,$(FILLED)) $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 $(filter %.cmake,$(FILLED)) $(DESTDIR)$(LIBDIR)/cmake/Omniglot
	for section in 1 3 7; do install -m 644 $(PAGES)/*.$$section $(DESTDIR)$(MANDIR)/man$$section || exit 1; done
	install -m 644 packaging/completion/og.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/og-run
	for tool in og-bindgen og-doctor og-scan og-link-host; do \
	    ln -sf og-run $(DESTDIR)$(DATADIR)/bash-completion/completions/$$tool || exit 1; done
	install -m 644 packaging/completion/og.zsh $(DESTDIR)$(ZSHDIR)/_omniglot

# What install has put there, and the folders that are Omniglot's alone.
uninstall: $(PAGES)/made
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(INSTALLED_TOOLS) og-link-host) \
	    $(addprefix $(DESTDIR)$(LIBDIR)/,libomniglot.a libomniglot.so libomniglot.so.$(OG_ABI) \
	    libomniglot.so.$(OG_VERSION) pkgconfig/omniglot.pc pkgconfig/omniglot-static.pc) \
	    $(addprefix $(DESTDIR)$(DATADIR)/bash-completion/completions/,$(INSTALLED_TOOLS) og-link-host) \
	    $(DESTDIR)$(ZSHDIR)/_omniglot
	rm -rf $(DESTDIR)$(INCLUDEDIR)/omniglot $(DESTDIR)$(LIBEXECDIR)/omniglot $(DESTDIR)$(LIBDIR)/cmake/Omniglot
	cd $(PAGES) && for page in *.[137]; do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done

# --- tests ---

# Of what is installed, by one compiler: it is there before any test begins.
ifeq ($(notdir $(CC))$(SANITIZE),gcc)
tests: $(PRODUCT)
endif
TEST_SCRIPTS += $(addprefix packaging/tests/,exports installed.sh debian.sh)

# What a package's build tests: quick, and of what it has built.
PRODUCT_TESTS := core-isolation core-parameters core-scope core-upgrade core-validate core-write none-domain \
    none-sharing
.PHONY: product-check package-check
product-check: product $(PRODUCT_TESTS:%=$(BUILD)/test/%)
	@tools/run-tests $(foreach test,$(PRODUCT_TESTS),'$(test)=$(BUILD)/test/$(test)') \
	    'exports=BUILD=$(BUILD) packaging/tests/exports'

# Tests of the isolation over protection keys that call the public interface alone, linked to the shared library
# instead of the archives: a folder that mpk-in-guest takes for a build's.
OVER_SHARED := $(BUILD)/package/over-shared
OVER_SHARED_TESTS := mpk-calls mpk-faults mpk-lifetime mpk-libraries mpk-callbacks mpk-output
hosts_objects := $(call objects,$(HOSTS)/hosts-mpk.c $(HOSTS_ROWS))
$(OVER_SHARED)/guest-test/hosts-mpk: $(hosts_objects)
$(OVER_SHARED_TESTS:%=$(OVER_SHARED)/guest-test/%): $(OVER_SHARED)/guest-test/%: \
    $(addprefix $(BUILD)/object/omniglot/mpk/tests/,%.o mpk-test.o mpk-kernel.o)
OVER_SHARED_PROGRAMS := $(addprefix $(OVER_SHARED)/guest-test/,$(OVER_SHARED_TESTS) hosts-mpk)
$(OVER_SHARED_PROGRAMS): $(LIBOMNIGLOT_SO)
	$(call say,LINK,$@)
	@mkdir -p $(@D) && ln -sfn ../../lib $(OVER_SHARED)/lib
	$(Q)ln -sf ../$(notdir $(LIBOMNIGLOT_SO)) $(OVER_SHARED)/libomniglot.so.$(OG_ABI)
	$(Q)omniglot/tools/link-host $(BUILD)/bin/og-scan $@ $(CC) -pie -o $@ $(filter %.o,$^) $(LIBOMNIGLOT_SO) \
	    -Wl,-rpath,$(CURDIR)/$(OVER_SHARED) -lcmocka $(OMNIGLOT_LIBS)

# The Debian packages, built from what is committed or not ignored, as somebody else would, and looked at;
# and what hosts do, over the shared library, under both kernels.
package-check: deps
	@$(MAKE) --no-print-directory $(PARALLEL) tests $(OVER_SHARED_PROGRAMS)
	@tools/run-tests 'debian=packaging/tests/debian.sh --build' \
	    'over-the-shared-library=BUILD=$(BUILD) packaging/tests/over-the-shared-library-in-guest $(OVER_SHARED)'
