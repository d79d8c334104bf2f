/* Expat: parsing with callbacks into the host. */
#include <expat.h>
#include <omniglot/interface.h>

OG_LIBRARY(expat, "libexpat.so.1");

/* --- what the parser calls: names and text are the library's, for as long as the call lasts --- */

void start_element(void *user OG_USER, const XML_Char *name OG_STRING,
                   const XML_Char **atts OG_STRINGS) OG_CALLED_BACK;
void end_element(void *user OG_USER, const XML_Char *name OG_STRING) OG_CALLED_BACK;
void character_data(void *user OG_USER, const XML_Char *s OG_IN(len), int len) OG_CALLED_BACK;

/* --- the parser --- */

XML_Parser XML_ParserCreate(const XML_Char *encoding OG_STRING OG_OPTIONAL)
    OG_RETURNS_HANDLE(parser);

/* Forgets the handlers, too. */
XML_Bool XML_ParserReset(XML_Parser parser OG_HANDLE(parser),
                         const XML_Char *encoding OG_STRING OG_OPTIONAL)
    OG_RETURNS(XML_FALSE, XML_TRUE);

void XML_SetUserData(XML_Parser parser OG_HANDLE(parser), void *userData OG_USER);

void XML_SetElementHandler(XML_Parser parser OG_HANDLE(parser),
                           XML_StartElementHandler start OG_CALLBACK(start_element),
                           XML_EndElementHandler end OG_CALLBACK(end_element));

void XML_SetCharacterDataHandler(XML_Parser parser OG_HANDLE(parser),
                                 XML_CharacterDataHandler handler OG_CALLBACK(character_data));

enum XML_Status XML_Parse(XML_Parser parser OG_HANDLE(parser), const char *s OG_IN(len), int len,
                          int isFinal);

enum XML_Error XML_GetErrorCode(XML_Parser parser OG_HANDLE(parser));

void XML_ParserFree(XML_Parser parser OG_HANDLE_END(parser));
